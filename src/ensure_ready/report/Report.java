package ensure_ready.report;

import ensure_ready.certainty.Judgement;
import ensure_ready.diagnosis.DiagnosisReport;
import ensure_ready.model.Applied;
import ensure_ready.model.Outcome;
import ensure_ready.model.Problem;
import ensure_ready.model.Target;
import java.util.List;
import java.util.Optional;

/**
 * Everything that a run has to tell, once it has ended. JSON, text, Markdown and annotations are made of this and of nothing else.
 *
 * @param target        slot 0 and an empty namespace when no slot was found
 * @param ready         {@code infraReady}: proven, and nothing before it failed
 * @param waitFailed    not ready, where the verb says anything of readiness
 * @param results       in the manifests' order
 * @param renderer      what makes the manifests out of templates; empty where none is needed
 * @param left          what a release did not delete, and why
 */
public record Report(Target target, boolean created, boolean recreated, boolean ready, boolean waitFailed, Outcome outcome,
    double waitedSeconds, Optional<Double> certainAfterSeconds, String summary,
    Optional<Judgement> judgement, Optional<DiagnosisReport> diagnosis, List<String> limited,
    List<Applied> results, boolean applied, List<Problem> problems, Optional<Addresses> addresses, String renderer,
    List<String> deleted, List<String> left) { }
