package ensure_ready.diagnosis;

import ensure_ready.model.Evidence;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What one object says of itself.
 *
 * @param code      what it is, from the catalogue
 * @param object    the object at fault: for a missing Secret the Secret, though a pod said so
 * @param owner     the workload that suffers
 * @param container or empty
 * @param since     when it was first so, as the cluster tells it; the moment of the snapshot if it does not
 */
public record Finding(Code code, String objectKind, String objectName, String ownerKind, String ownerName, String container, Instant since,
               List<Evidence> evidence, Map<String, String> params) { }
