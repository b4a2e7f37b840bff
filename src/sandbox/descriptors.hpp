#pragma once

#include "base/fd.hpp"

namespace errand::sandbox {

/// Descriptors that go from one process to another over a unix socket (SCM_RIGHTS, unix(7)), one with one byte.
/// errno is set on failure.
bool send_descriptor(int through, int fd);

/// Close-on-exec. Does not wait: an invalid Fd when none was sent.
Fd receive_descriptor(int from);

}  // namespace errand::sandbox
