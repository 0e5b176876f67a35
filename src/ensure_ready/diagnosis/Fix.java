package ensure_ready.diagnosis;

import ensure_ready.catalogue.Also;
import ensure_ready.catalogue.Code;
import java.util.List;

/** Where the repair lies and in which file. */
public record Fix(Code.Scope scope, String action, String text, List<FileRef> files, List<Also> alsoRequired) { }
