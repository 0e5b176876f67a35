<#-- Codex's settings for one run, laid over the config.toml that the place has itself. Top-level keys first: TOML wants it so. -->
approval_policy = "never"
check_for_update_on_startup = false
<#if model?has_content>
model = "${model}"
</#if>
<#if effort?has_content>
model_reasoning_effort = "${effort}"
</#if>

[analytics]
enabled = false

# The agent's own shell commands see no key, secret, token or password, but what was passed on for them by name.
[shell_environment_policy]
inherit = "all"
ignore_default_excludes = false
exclude = ["*KEY*", "*SECRET*", "*TOKEN*", "*PASSWORD*", "*PASSWD*", "*CREDENTIAL*", "*_PAT", "*_DSN", "DATABASE_URL"]
<#if commandEnv?has_content>
set = { <#list commandEnv as variable>${variable.name} = "${variable.value}"<#sep>, </#list> }
</#if>
