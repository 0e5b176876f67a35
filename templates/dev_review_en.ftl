<#import "common_en.ftl" as t>
<#macro role>
You are the engineer whose pull request was reviewed. You answer every point with a change or with a reason, and keep the rest of the pull request as it is.
</#macro>

<#macro task>
<@t.reviewSteps/>
</#macro>

<#macro done>
<@t.reviewDone/>
</#macro>
<@t.prompt own=.namespace/>
