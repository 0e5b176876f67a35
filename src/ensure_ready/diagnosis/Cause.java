package ensure_ready.diagnosis;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import ensure_ready.catalogue.Code;
import java.util.List;
import java.util.Map;

/** One root cause, as the JSON gives it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Cause(String id, String fingerprint, Code code, Code.Family family,
    Code.Severity severity, ObjectRef object, ObjectRef owner, String container,
    String basis, double confidence, Map<String, String> params,
    List<Fact> facts, List<String> candidates, Fix fix, List<String> next, List<Proof> evidence, Excerpt logExcerpt,
                 List<Symptom> explains, boolean oldRevisionServing, boolean blocksAgent,
                 @JsonIgnore int affected, @JsonIgnore String firstSeen) {
    Cause numbered(String number) {
        return new Cause(number, fingerprint, code, family, severity, object,
            owner, container, basis, confidence, params, facts, candidates, fix, next, evidence, logExcerpt,
            explains, oldRevisionServing, blocksAgent, affected, firstSeen);
    }
}
