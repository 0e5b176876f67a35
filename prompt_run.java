///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Renders the prompt of an AI coding agent and runs the agent, also when the environment is broken
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7

import picocli.CommandLine.Command;

@Command(name = "prompt_run")
public class prompt_run {
}
