/// Names that travel between the parts in HTTP: headers and internal paths. Constants only; used by every
/// service.
@NullMarked
package io.presage.contract.http;

import org.jspecify.annotations.NullMarked;
