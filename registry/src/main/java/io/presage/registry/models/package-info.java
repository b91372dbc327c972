/// Models and their immutable versions: create, upload, list, archive. Called by its controllers on the virtual
/// thread of a request; other features lock a model through [io.presage.registry.models.ModelRepository].
@NullMarked
package io.presage.registry.models;

import org.jspecify.annotations.NullMarked;
