<#import "common_en.ftl" as t>
<#macro role>
You are the engineer whose pull request was reviewed. You answer every point with a change or a reason, and leave the rest of it alone.
</#macro>

<#macro task>
<@t.reviewSteps/>
</#macro>

<#macro done>
<@t.reviewDone/>
</#macro>
<@t.prompt own=.namespace/>
