/** What both scripts use and needs nothing from outside: texts, durations, JSON, masking. */
package shared;
