/// The gateway: the one public address of a Presage installation. This package is wiring only: it binds the
/// configuration, builds the features and starts and stops them in order.
@NullMarked
package io.presage.api;

import org.jspecify.annotations.NullMarked;
