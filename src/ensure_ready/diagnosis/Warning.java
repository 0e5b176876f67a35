package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;

public record Warning(Code code, String object, String message) { }
