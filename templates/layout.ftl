<#-- What no language changes: the order of the sections, commands, and the fields of the final report. -->
<#assign planning = ["plan_issue", "plan_review", "repair_plan"]?seq_contains(kind)>
<#assign repairing = kind?starts_with("repair")>
<#assign reviewing = kind?ends_with("_review")>
<#assign unhealthy = INFRA_UNHEALTHY == "1">
<#assign infraShown = unhealthy || repairing>
<#assign k = namespace?has_content?then("kubectl -n " + namespace, "kubectl")>

<#macro section id titles>
<#local body><#nested></#local>
<#if body?trim?has_content>

## §${id} · ${titles[id]}

${body?trim}
</#if>
</#macro>

<#-- `own` is the kind's template: it brings the macros role, task and done. -->
<#macro prompt texts own>
<#local titles = texts.titles>
# ${texts.headline}
<@section "role" titles><@own.role/></@section>
<@section "facts" titles><@texts.facts/></@section>
<@section "rules" titles><@texts.rules/></@section>
<@section "context" titles><@texts.context/></@section>
<@section "infra" titles>
${infraBlock}
</@section>
<@section "issue" titles><@texts.issueText/></@section>
<@section "task" titles><@own.task/></@section>
<@section "verify" titles><@texts.verify/></@section>
<@section "done" titles><@own.done/></@section>
<@section "delivery" titles><@texts.delivery/></@section>
<@section "blocked" titles><@texts.blocked/></@section>
<@section "report" titles><@texts.report/></@section>
</#macro>

<#macro lookAround>
```sh
${k} get deploy,sts,ds,job,pod,svc,pvc,ingress -o wide
${k} get events --sort-by=.lastTimestamp | tail -n 60
${k} describe pod POD
${k} logs POD -c CONTAINER --previous --tail=200
${k} rollout status deploy/NAME --timeout=60s
```
</#macro>

<#macro deeperLook>
```sh
${k} get rs -o wide
${k} get deploy NAME -o jsonpath='{range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}'
${k} get pod POD -o jsonpath='{range .status.containerStatuses[*]}{.name} {.state} {.lastState}{"\n"}{end}'
${k} get svc,endpointslices -o wide
${k} get cm,secret,sa,role,rolebinding,pvc,resourcequota,limitrange
${k} auth can-i --list
```
</#macro>

<#macro stability>
```sh
${k} get deploy,sts,ds,pod -o wide ; sleep 120 ; ${k} get deploy,sts,ds,pod -o wide
```
</#macro>

<#macro applyChecked>
```sh
${k} diff -f FILE
${k} apply -f FILE
${k} rollout status deploy/NAME --timeout=180s
```
</#macro>

<#macro startBranch>
```sh
git fetch origin ; git switch ${branch} || git switch -c ${branch}
```
</#macro>

<#macro pushAndOpen title>
```sh
git push -u origin HEAD:refs/heads/${branch}
gh pr list --head ${branch} --state open --json number,url
gh pr create --head ${branch} --base ${base} --title "${title}" --body-file "$REPORT"
```
</#macro>

<#macro pushOnly>
```sh
git push origin HEAD:refs/heads/${branch}
```
</#macro>

<#-- The object that ends the last message; a machine reads it. -->
<#macro fields>
```json
{
  "status": "done | no_changes | partial | blocked",
  "summary": "…",
  "root_causes": [{"code": "…", "object": "deploy/name", "confirmed": true, "evidence": "…", "fixed_by": "path or commit"}],
  "changes": [{"path": "…", "why": "…"}],
  "verification": [{"command": "…", "result": "…"}],
  "branch": "${planning?then("", branch)}",
  "pr_url": "",
  "infra_state": "healthy | recovered | unhealthy | unknown",
  "assumptions": ["…"],
  "follow_ups": ["…"],
  "suspicious": ["…"],
  "blocked_reason": ""
}
```
</#macro>
