package prompt_run.templates;

import freemarker.template.Configuration;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import prompt_run.machine.Broken;
import prompt_run.machine.Log;
import prompt_run.machine.Nonce;
import prompt_run.options.UsageError;
import prompt_run.prompt.Change;
import prompt_run.prompt.InfraView;
import prompt_run.prompt.Prompt;
import prompt_run.prompt.PromptModel;
import prompt_run.subject.Infra;
import prompt_run.subject.Place;
import prompt_run.text.Untrusted;
import shared.Texts;
import shared.system.TemplateEngine;

/** Turns facts into the prompt. Templates see maps, lists and text only: no Java object, no class, no template made of data. */
public final class Renderer {
    private final PromptModel facts;
    private final Configuration engine;
    private final String template;

    public Renderer(PromptModel facts, Log log) throws IOException {
        var templates = new Templates(facts.options().templates(), facts.options().template());
        this.facts = facts;
        this.engine = templates.engine();
        this.template = templates.nameFor(facts.options().kind(), facts.options().lang(), log);
    }

    public Prompt render(Place place) throws IOException {
        var options = facts.options();
        var model = facts.of(place);
        model.put("infraBlock", infraBlock(model, facts.infra()));
        return new Prompt(options.kind(), options.lang(), facts.infra().unhealthy(),
            facts.redactor().maskKnown(process(engine, template, model)));
    }

    /** What the agent hears after a check of its work; whatever its kind, the environment comes first now. */
    public String again(Place place, Infra after, Change change) throws Broken {
        var options = facts.options();
        var model = new PromptModel(options, facts.facts(), after, facts.talk(), facts.redactor()).of(place);
        try {
            model.put("kind", "repair_issue");
            model.put("infraBlock", infraBlock(model, after));
            model.put("kind", options.kind());
            model.putAll(change.model());
            return facts.redactor().maskKnown(process(engine, own("recheck"), model));
        } catch (UsageError | IOException problem) {
            throw new Broken(Texts.oneLine(problem.getMessage()));
        }
    }

    /** The part in the language of the run, else in English. */
    private String own(String part) throws IOException {
        var own = part + "_" + facts.options().lang() + ".ftl";
        return engine.getTemplateLoader().findTemplateSource(own) != null ? own : part + "_en.ftl";
    }

    /** The block about the environment, with as much of the report as its limit in bytes allows. */
    private String infraBlock(Map<String, Object> common, Infra infra) throws IOException {
        var name = own("infra");
        var nonce = Nonce.next();
        var block = "";
        var cleaned = new HashMap<String, String>();
        for (var limits : InfraView.LEVELS) {
            var model = new LinkedHashMap<String, Object>(common);
            model.put("infra", new InfraView(infra, facts.redactor(), nonce, limits, cleaned,
                facts.facts().agent()).model());
            block = process(engine, name, model).strip();
            if (Untrusted.bytes(block) <= InfraView.BLOCK_BYTES) {
                return block;
            }
        }
        return Untrusted.cutTo(InfraView.BLOCK_BYTES - 100, block);
    }

    /** Renders one of the templates; throws {@link UsageError}, since it is the caller who brings templates and variables. */
    static String process(Configuration engine, String name, Map<String, Object> model) {
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
