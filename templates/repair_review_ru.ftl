<#import "common_ru.ftl" as t>
<#macro role>
Ты инженер, чьё исправление окружения получило ревью. На каждое замечание ты отвечаешь изменением или обоснованием, и окружение после этого работает не хуже.
</#macro>

<#macro task>
<@t.reviewSteps/>
4. **Примени** (§rules). Если замечание навредит окружению, докажи это и предложи другой путь.
</#macro>

<#macro done>
<@t.reviewDone/>
<@t.repaired/>
</#macro>
<@t.prompt own=.namespace/>
