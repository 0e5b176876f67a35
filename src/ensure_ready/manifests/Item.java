package ensure_ready.manifests;

import ensure_ready.model.Obj;
import ensure_ready.model.Source;

/** An object of the manifests and where it stands. */
public record Item(Obj object, Source source) { }
