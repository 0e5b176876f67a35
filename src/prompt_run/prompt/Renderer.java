package prompt_run.prompt;

import freemarker.template.Configuration;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import prompt_run.command.Console;
import prompt_run.command.RunOptions;
import prompt_run.command.UsageError;
import prompt_run.facts.Facts;
import prompt_run.facts.Infra;
import prompt_run.facts.InfraView;
import prompt_run.text.Cleaner;
import prompt_run.text.Conversation;
import prompt_run.text.Injection;
import prompt_run.text.Redactor;
import prompt_run.text.Untrusted;
import shared.Texts;
import shared.system.TemplateEngine;

/** Turns facts into the prompt. Templates see maps, lists and text only: no Java object, no class, no template made of data. */
public final class Renderer {
    private final RunOptions options;
    private final Facts facts;
    private final Infra infra;
    private final Conversation talk;
    private final Redactor redactor;
    public final Configuration engine;
    private final String template;

    public Renderer(RunOptions options, Facts facts, Infra infra, Conversation talk, Redactor redactor, Console console)
        throws IOException {
        Templates templates = new Templates(options.templates(), options.template());
        this.options = options;
        this.facts = facts;
        this.infra = infra;
        this.talk = talk;
        this.redactor = redactor;
        this.engine = TemplateEngine.of(templates.loader());
        this.template = templates.nameFor(options.kind(), options.lang(), console);
    }

    public Prompt render(Place place) throws IOException {
        Map<String, Object> model = model(place);
        model.put("infraBlock", infraBlock(model));
        return new Prompt(options.kind(), options.lang(), infra.unhealthy(), redactor.maskKnown(process(template, model)));
    }

    /** The block about the environment, with as much of the report as its limit in bytes allows. */
    String infraBlock(Map<String, Object> facts) throws IOException {
        String own = "infra_" + options.lang() + ".ftl";
        String name = engine.getTemplateLoader().findTemplateSource(own) != null ? own : "infra_en.ftl";
        String nonce = Untrusted.nonce();
        String block = "";
        Map<String, String> cleaned = new HashMap<>();
        for (InfraView.Limits limits : InfraView.LEVELS) {
            Map<String, Object> model = new LinkedHashMap<>(facts);
            model.put("infra", new InfraView(infra, redactor, nonce, limits, cleaned).model());
            block = process(name, model).strip();
            if (Untrusted.bytes(block) <= InfraView.BLOCK_BYTES) {
                return block;
            }
        }
        return Untrusted.cutTo(InfraView.BLOCK_BYTES - 100, block);
    }

    Map<String, Object> model(Place place) {
        Map<String, Object> model = new LinkedHashMap<>(options.vars());
        List.of("projectContext", "servicesOverview", "links", "extraTools").forEach(name -> model.putIfAbsent(name, ""));
        model.put("vars", options.vars());
        model.put("kind", options.kind());
        model.put("lang", options.lang());
        model.put("INFRA_UNHEALTHY", infra.unhealthy() ? "1" : "0");
        model.put("env", facts.env());
        model.put("slot", text(facts.slot()));
        model.put("namespace", text(facts.namespace()));
        model.put("issue", text(facts.issue()));
        model.put("pr", text(facts.pr()));
        model.put("repo", text(facts.repo()));
        model.put("branch", facts.branch());
        model.put("base", facts.base());
        model.put("bringBack", facts.bringBack());
        model.put("talk", talk.model());
        model.put("title", talk.title());
        model.put("model", text(facts.model()));
        model.put("effort", text(facts.effort()));
        model.put("agentTarget", place.target());
        model.put("fallbackReason", reason(place.fallbackReason()));
        model.put("workspace", text(place.workspace()));
        model.put("resumed", place.resumed());
        model.put("totalTime", facts.limits().total());
        model.put("idleTime", facts.limits().idle());
        model.put("reportPath", text(place.reportPath()));
        return model;
    }

    /** What the ladder saw may quote the cluster: one line, masked, and nothing that speaks to the agent. */
    private String reason(String reason) {
        String line = InfraView.middleCut(300, Untrusted.escaped(redactor.mask(Texts.oneLine(Cleaner.plain(text(reason)))), "")
            .replace('"', '\''));
        return Injection.in(line) ? "(text withheld)" : line;
    }

    private static String text(Object value) {
        return value == null ? "" : value.toString();
    }

    String process(String name, Map<String, Object> model) {
        return process(engine, name, model);
    }

    /** Renders one of the templates; throws {@link UsageError}, since it is the caller who brings templates and variables. */
    public static String process(Configuration engine, String name, Map<String, Object> model) {
        try {
            return TemplateEngine.render(engine, name, model);
        } catch (TemplateEngine.Unfit e) {
            throw new UsageError("template " + e.template + (e.line > 0 ? ", line " + e.line : "")
                + ": " + (e.undefined.isEmpty() ? e.getMessage()
                : "variable " + e.undefined
                + " is not defined; give it with --vars or --var-file, or write ${name!} where it may be missing"), e);
        }
    }
}
