#pragma once

#include "base/error.hpp"

namespace errand {

inline constexpr int exit_success = 0;
inline constexpr int exit_interrupted = 130;  ///< SIGINT
inline constexpr int exit_terminated = 143;   ///< SIGTERM
inline constexpr int exit_hung_up = 129;      ///< SIGHUP
inline constexpr int exit_broken_pipe = 141;  ///< stdout was closed

/// The process's exit code for a failure of that kind. `cancelled` is SIGINT's; who knows the signal says so itself.
constexpr int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failure: return 1;
    case ErrorKind::usage: return 2;
    case ErrorKind::config: return 3;
    case ErrorKind::auth: return 4;
    case ErrorKind::unavailable: return 5;
    case ErrorKind::denied: return 6;
    case ErrorKind::limit: return 7;
    case ErrorKind::schema: return 8;
    case ErrorKind::storage: return 9;
    case ErrorKind::internal: return 70;
    case ErrorKind::busy: return 75;
    case ErrorKind::timeout: return 124;
    case ErrorKind::cancelled: return exit_interrupted;
  }
  return 70;
}

}  // namespace errand
