package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;

public record Unexplained(String object, Code code, String message) { }
