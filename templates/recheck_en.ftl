<#import "layout.ftl" as l>
# Checked again after <#if resumed>your work<#else>an agent's work</#if>: the environment is not ready

<#if !resumed>
An agent before you has worked on this; what it did is in the working tree (`git status`, `git log`). The check below is newer than the report above.
</#if>
The environment was checked as it was left. Whatever the last message said, the work is not done.

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

1. Begin with what is new or still there. Do not repeat what did not help: first check whether the change reached the cluster (namespace, rollout, image, the manifest that was applied).
2. Fix it at its source, on the same branch, in commits that begin with `infra:`. Rules, rights and limits are as before.
3. Prove it: `${l.check}`.
4. Report what you cannot change as `blocked`: the obstacle, and who can remove it.

Your last message replaces the earlier one: whole, in the same form, about all rounds, with the JSON at its end.
