<#import "common_ru.ftl" as t>
<#macro role>
Ты инженер, чей pull request получил ревью. На каждое замечание ты отвечаешь изменением или обоснованием, а остальное не трогаешь.
</#macro>

<#macro task>
<@t.reviewSteps/>
</#macro>

<#macro done>
<@t.reviewDone/>
</#macro>
<@t.prompt own=.namespace/>
