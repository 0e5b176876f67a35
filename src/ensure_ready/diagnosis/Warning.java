package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;

/** What blocks nothing and is told all the same. */
public record Warning(Code code, String object, String message) { }
