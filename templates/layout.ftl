<#-- What no language changes: the order of the sections, commands, how causes fold, and the fields that end the last message. -->
<#assign planning = ["plan_issue", "plan_review", "repair_plan"]?seq_contains(kind)>
<#assign repairing = kind?starts_with("repair")>
<#assign reviewing = kind?ends_with("_review")>
<#assign unhealthy = INFRA_UNHEALTHY == "1">
<#assign infraShown = unhealthy || repairing>
<#assign searching = unhealthy || repairing && !reviewing>
<#assign k = namespace?has_content?then("kubectl -n " + namespace, "kubectl")>
<#assign from = base?has_content?then("origin/" + base, "origin/HEAD")>
<#assign hasGh = !(missingTools![])?seq_contains("gh")>

<#macro section id titles>
<#local body><#nested></#local>
<#if body?trim?has_content>

## §${id} · ${titles[id]}

${body?trim}
</#if>
</#macro>

<#-- `own` is the kind's template: it brings the macros role, task and done. A broken environment stands before all else. -->
<#macro prompt texts own>
<#local titles = texts.titles>
# ${texts.headline}
<@section "infra" titles>
${infraBlock}
</@section>
<@section "role" titles><@own.role/></@section>
<@section "facts" titles><@texts.facts/></@section>
<@section "rules" titles><@texts.rules/></@section>
<@section "context" titles><@texts.context/></@section>
<@section "issue" titles><@texts.issueText/></@section>
<@section "task" titles><@own.task/></@section>
<@section "done" titles><@texts.proof own=own/></@section>
<@section "delivery" titles><@texts.delivery/></@section>
<@section "blocked" titles><@texts.blocked/></@section>
<@section "report" titles><@texts.report/></@section>
</#macro>

<#-- All that shows why a namespace does not run, for a fault that no report explains. -->
<#macro lookAround>
```sh
${k} get deploy,sts,ds,rs,job,pod,svc,endpointslices,pvc,ingress,networkpolicy -o wide
${k} get cm,sa,role,rolebinding,resourcequota,limitrange
${k} events | tail -n 60
${k} describe pod POD
${k} logs POD --all-containers --prefix --tail=100
${k} logs POD -c CONTAINER --previous --tail=200
```
</#macro>

<#-- A report without a cause, or with something that no cause explains, leaves the search to the agent. -->
<#function unexplained><#return infra.unexplained?size gt 0 || unhealthy && infra.causes?size == 0></#function>

<#-- Readiness from where the agent runs. -->
<#assign check = k + " rollout status deploy,sts,ds --timeout=5m">

<#-- The state in one command: for a look at what the report explains already, and for "before" and "after". -->
<#assign state = k + " get deploy,sts,ds,job,pod -o wide">

<#macro addresses list><#list list as address>`${address}`<#sep>, </#sep></#list></#macro>

<#macro outside silent><#list ingresses as i>`${i.url}`<#if i.backends?has_content> (<@addresses i.backends/>)</#if><#if !i.ready> – ${silent}</#if><#sep>, </#sep></#list></#macro>

<#-- As the owner that ensure_ready applies as: what is taken out of a manifest leaves the cluster too. -->
<#macro applyChecked>
```sh
how='--server-side --force-conflicts --field-manager=ensure-ready'
${k} diff $how -f FILE
${k} apply $how -f FILE
```
</#macro>

<#-- With --bring-back the tree may have no remote to fetch from, and is on the branch already if the caller uploaded it. -->
<#macro startBranch>
```sh
<#if bringBack>
git switch ${branch} || git switch --no-track -c ${branch} ${from}
<#elseif reviewing>
git fetch origin
git switch ${branch} && git merge --ff-only origin/${branch}
<#else>
git fetch origin
git switch ${branch} || git switch --no-track -c ${branch} ${from}
git rev-parse -q --verify origin/${branch} && git merge --ff-only origin/${branch}
</#if>
```
</#macro>

<#macro pushAndOpen title>
```sh
git push -u origin HEAD:refs/heads/${branch}
<#if hasGh>
gh pr create --head ${branch} <#if base?has_content>--base ${base} </#if>--title "${title}" --body-file "$REPORT"
</#if>
```
</#macro>

<#macro pushOnly>
```sh
git push origin HEAD:refs/heads/${branch}
```
</#macro>

<#-- Causes with the same code, fix and certainty are one block. Nested content gets the numbers and the causes of each. -->
<#function key cause><#return [cause.code, cause.scope, cause.severity, cause.basis, cause.action, cause.text]?join("|")></#function>

<#macro folded causes>
<#list causes as cause>
<#if !causes[0..<cause?index]?filter(c -> key(c) == key(cause))?has_content>
<#local numbers = []><#local same = []>
<#list causes as c><#if key(c) == key(cause)><#local numbers += [c?counter]><#local same += [c]></#if></#list>
<#nested numbers, same>
</#if>
</#list>
</#macro>

<#function once items><#local seen = []><#list items as item><#if !seen?seq_contains(item)><#local seen += [item]></#if></#list><#return seen></#function>

<#function filesOf causes><#local all = []><#list causes as c><#local all += c.files></#list><#return once(all)></#function>

<#-- What the causes explain, by its code: `deploy/a`, `deploy/b` (INIT_WAITING). -->
<#function explainedBy causes>
<#local all = []><#list causes as c><#local all += c.explains></#list>
<#local groups = []>
<#list once(all?map(e -> e.code)) as code>
<#local objects = once(all?filter(e -> e.code == code)?map(e -> "`" + e.object + "`"))>
<#local groups += [objects?join(", ") + (code == "UNKNOWN")?then("", " (" + code + ")")]>
</#list>
<#return groups>
</#function>

<#function explainedTotal causes><#local total = 0><#list causes as c><#local total += c.explainsTotal></#list><#return total></#function>

<#function moreExplained causes><#local more = 0><#list causes as c><#local more += c.explainsMore></#list><#return more></#function>

<#-- Not ready, and named neither by a cause nor by what it explains. -->
<#function unnamed>
<#local named = infra.unexplained?map(u -> u.object)>
<#list infra.causes as c><#local named += [c.object, c.owner] + c.explains?map(e -> e.object)></#list>
<#return infra.workloads?filter(w -> !named?seq_contains(w.object))>
</#function>

<#-- Commands worth running: in the namespace, without Secrets, which the agent may not read, and not for what the data shows already. -->
<#function lookAt causes numbers>
<#local all = []>
<#list causes as c>
<#local mark = "~| [" + numbers[c?index] + "] ">
<#list c.next as n>
<#if n?starts_with(k + " ") && !(c.facts && !n?contains(" logs ")) && !n?matches(r".*\bsecrets?\b.*") && !(n?contains(" logs ") && infra.data?contains(mark + "log ")) && !(n?contains(" describe pod ") && infra.data?contains(mark) && !infra.limited?contains("events"))>
<#local all += ["`" + n + "`"]>
</#if>
</#list>
</#list>
<#return once(all)>
</#function>

<#-- What ends the last message; prompt_run.java reads it. -->
<#macro fields>
```json
{"status": "done | no_changes | partial | blocked", "summary": "…", "blocked_reason": ""}
```
</#macro>
