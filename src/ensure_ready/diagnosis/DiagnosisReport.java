package ensure_ready.diagnosis;

import java.util.List;

/** The causes and what they leave open. */
public record DiagnosisReport(List<Cause> causes, List<Unexplained> unexplained,
    List<Warning> warnings, List<String> limited, String disposition, String summary) { }
