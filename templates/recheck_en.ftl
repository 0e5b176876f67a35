<#import "layout.ftl" as l>
# Checked again after <#if resumed>your work<#else>an agent's work</#if>: the environment is not ready

<#if !resumed>
An agent before you has worked on all this; what it did is in the workspace (`git status`, `git log`). The check below is newer than the report above.
</#if>
The readiness check ran on the environment as it was left. Whatever the last message said, the work is not done yet.

<#if gone?has_content>
- Gone: <#list gone as c>`${c}`<#sep>, </#sep></#list>
</#if>
<#if fresh?has_content>
- New since then: <#list fresh as c>`${c}`<#sep>, </#sep></#list>
</#if>
<#if left?has_content>
- Still there: <#list left as c>`${c}`<#sep>, </#sep></#list>
</#if>

${infraBlock}

## What is asked now

1. Begin with what is new or still there. What did not help is not repeated: check first whether the change reached the cluster at all (namespace, rollout, image, the manifest that is really applied).
2. Fix it at its source, on the same branch, in commits that begin with `infra:`. Rules, rights and limits are as before.
3. Prove it: `${l.state}`; whatever still moves is waited for.
4. What you cannot change is reported as `blocked`: the obstacle, and who can remove it.

Your last message takes the place of the earlier one: whole, in the form asked for there, about all turns, and with the JSON at its end.
