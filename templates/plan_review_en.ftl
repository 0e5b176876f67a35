<#import "common_en.ftl" as t>
<#macro role>
You are the engineer whose plan was commented on. You revise it.
</#macro>

<#macro task>
<@t.catchUp/>
1. List every remark, wish and question. Where a newer one contradicts an older one, the newer prevails; say so.
2. Check each against code and cluster. Answer a wrong one politely with the evidence, and leave the plan as it is there.
3. Write the whole plan anew, so that nobody needs the old one: goal, findings, options and recommendation, steps with tests, data and interfaces, risks, effort, questions.
4. Put before it what changed, and a line for each remark: adopted (where) or not (why).
</#macro>

<#macro done>
- [ ] No remark is left unanswered.
- [ ] The plan stands on its own and contradicts nothing decided in the comments.
</#macro>
<@t.prompt own=.namespace/>
