package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import java.util.List;

/** What a cause accounts for: by which edges, over how many workloads. */
public record Symptom(String object, Code code, List<String> via, int hops) { }
