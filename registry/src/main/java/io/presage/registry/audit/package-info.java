/// What ends every change: an audit row, the next revision and a notification, in the transaction of the
/// change. Called by every feature's service; owns `audit` and `state_revision`.
@NullMarked
package io.presage.registry.audit;

import org.jspecify.annotations.NullMarked;
