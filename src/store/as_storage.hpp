#pragma once

#include <utility>

#include "base/error.hpp"

namespace errand::store {

/// A file of the store that can't be read or written is the store's failure.
inline tl::unexpected<Error> as_storage(Error error) {
  error.kind = ErrorKind::storage;
  return fail(std::move(error));
}
template <class T>
Result<T> as_storage(Result<T> result) {
  if (result) return result;
  return as_storage(std::move(result).error());
}

}  // namespace errand::store
