/// What every service's main class needs from Spring Boot and would else write again: the auto-configurations
/// of a service that shares its class path with others, the service secret, and one line for a start that
/// failed. Nothing of the domain belongs here.
@NullMarked
package io.presage.hosting;

import org.jspecify.annotations.NullMarked;
