package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;

/** A workload that is not ready and that no cause explains, with the judge's word on it. */
public record Unexplained(String object, Code code, String message) { }
