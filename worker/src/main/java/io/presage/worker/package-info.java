/// The worker service: loads the versions that the registry assigns to it and answers predict calls on them.
/// This package wires the features together and hands them their clock and their chance.
@NullMarked
package io.presage.worker;

import org.jspecify.annotations.NullMarked;
