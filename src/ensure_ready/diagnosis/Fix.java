package ensure_ready.diagnosis;

import java.util.List;

/** Where the repair lies and in which file. */
public record Fix(Code.Scope scope, String action, String text, List<FileRef> files, List<String> alsoRequired) { }
