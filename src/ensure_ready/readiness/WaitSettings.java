package ensure_ready.readiness;

import ensure_ready.model.CustomRule;
import java.time.Instant;
import java.util.List;

/**
 * What the wait is to look at.
 *
 * @param onlyApplied  only what was applied gates ({@code --wait-for applied}), else every workload of the namespace
 * @param strict       what cannot be verified blocks
 * @param failFast     a certain failure ends the wait
 * @param appliedSince when the apply began; null when nothing was applied
 * @param rules        how the user wants custom resources judged
 */
public record WaitSettings(String agentDeployment, boolean onlyApplied, boolean strict, boolean failFast, Instant appliedSince,
    List<CustomRule> rules) {
    public WaitSettings(String agentDeployment, boolean onlyApplied, boolean strict, boolean failFast, Instant appliedSince) {
        this(agentDeployment, onlyApplied, strict, failFast, appliedSince, List.of());
    }
}
