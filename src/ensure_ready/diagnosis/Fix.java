package ensure_ready.diagnosis;

import com.fasterxml.jackson.annotation.JsonInclude;
import ensure_ready.catalogue.Also;
import ensure_ready.catalogue.Code;
import java.util.List;

/** Where the repair lies and in which file; {@code change}: the field at fault, what it is and what there is instead, or null. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Fix(Code.Scope scope, String action, String text, String change, List<FileRef> files, List<Also> alsoRequired) { }
