You implement issue ${issue} of ${repo} on branch ${branch}.
<#if INFRA_UNHEALTHY == "1">
The environment did not come up.
</#if>
