package prompt_run.prompt;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import prompt_run.subject.Facts;
import prompt_run.subject.Infra;
import prompt_run.subject.Place;
import prompt_run.subject.RunOptions;
import prompt_run.text.Conversation;
import prompt_run.text.Injection;
import prompt_run.text.Invisible;
import prompt_run.text.Redactor;
import prompt_run.text.Untrusted;
import shared.Texts;

/** What a template sees, all of it maps, lists and text: the variables, the facts of the run, the discussion, the place. */
public record PromptModel(RunOptions options, Facts facts, Infra infra, Conversation talk, Redactor redactor) {
    private static final List<String> NEVER_MISSING = List.of("projectContext", "servicesOverview", "links", "extraTools");
    private static final int REASON_CHARS = 300;

    /** A fact has its name whatever a variable of that name says; what is not known is an empty text. */
    public Map<String, Object> of(Place place) {
        var model = new LinkedHashMap<String, Object>(options.vars());
        NEVER_MISSING.forEach(name -> model.putIfAbsent(name, ""));
        model.put("vars", options.vars());
        model.put("kind", options.kind());
        model.put("lang", options.lang());
        model.put("INFRA_UNHEALTHY", infra.unhealthy() ? "1" : "0");
        model.putAll(Surroundings.of(infra.report(), redactor));
        options.vars().computeIfPresent("renderer", model::put);
        addFacts(model);
        model.put("talk", talk.model());
        model.put("title", talk.title());
        addPlace(model, place);
        return model;
    }

    private void addFacts(Map<String, Object> model) {
        model.put("env", facts.env());
        model.put("slot", text(facts.slot()));
        model.put("namespace", text(facts.namespace()));
        model.put("issue", text(facts.issue()));
        model.put("pr", text(facts.pr()));
        model.put("repo", text(facts.repo()));
        model.put("branch", facts.branch());
        model.put("base", facts.base());
        model.put("bringBack", facts.bringBack());
        model.put("model", text(facts.model()));
        model.put("effort", text(facts.effort()));
        model.put("totalTime", facts.limits().total());
        model.put("idleTime", facts.limits().idle());
    }

    private void addPlace(Map<String, Object> model, Place place) {
        model.put("agentTarget", place.target());
        model.put("fallbackReason", reason(place.fallbackReason()));
        model.put("workspace", text(place.workspace()));
        model.put("resumed", place.resumed());
        model.put("reportPath", text(place.reportPath()));
        if (place.tools() != null) {
            model.put("tools", words(place.tools()));
            model.put("missingTools", words(place.missing()));
        }
    }

    /** What the ladder saw may quote the cluster: one line, masked, and nothing that speaks to the agent. */
    private String reason(String reason) {
        var plain = redactor.mask(Texts.oneLine(Invisible.plain(text(reason))));
        var line = InfraView.middleCut(REASON_CHARS, Untrusted.escaped(plain, "").replace('"', '\''));
        return Injection.in(line) ? "(text withheld)" : line;
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split(" +"));
    }

    private static String text(Object value) {
        return value == null ? "" : value.toString();
    }
}
