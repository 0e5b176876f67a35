package ensure_ready.readiness;

import java.time.Instant;

/**
 * What the wait is to look at.
 *
 * @param onlyApplied  only what was applied gates ({@code --wait-for applied}), else every workload of the namespace
 * @param strict       what cannot be verified blocks
 * @param failFast     a certain failure ends the wait
 * @param appliedSince when the apply began; null when nothing was applied
 */
public record WaitSettings(String agentDeployment, boolean onlyApplied, boolean strict, boolean failFast, Instant appliedSince) { }
