package io.heddle.cli.conformance;

/**
 * One case of a public suite.
 *
 * @param category such as {@code match}; rows of the report
 * @param file that holds it, relative to the suite's folder
 * @param group the file's own title, which the runner prints before its cases
 * @param name unique in its file
 */
record SuiteCase(String category, String file, String group, String name) {}
