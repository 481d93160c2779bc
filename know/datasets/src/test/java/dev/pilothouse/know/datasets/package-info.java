/** Datasets tested over HTTP, on a real store, real blobs, a real ledger and real files. */
@NullMarked
package dev.pilothouse.know.datasets;

import org.jspecify.annotations.NullMarked;
