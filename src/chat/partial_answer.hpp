#pragma once

#include "base/error.hpp"
#include "chat/event.hpp"

namespace errand::chat {

/// Whether a failure leaves a part of an answer that is worth having.
inline bool leaves_partial_answer(const Error& error) {
  return error.kind == ErrorKind::limit || error.kind == ErrorKind::timeout || error.kind == ErrorKind::cancelled;
}

/// Whether `result` is a part of an answer, after which the run was cut.
inline bool is_partial(const event::Done& done) {
  return done.error && leaves_partial_answer(*done.error) && !done.result.empty();
}

}  // namespace errand::chat
