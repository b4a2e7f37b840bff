#pragma once

#include <string>

#include <sys/types.h>

#include "base/fd.hpp"

namespace errand::sandbox {

/// How a path is walked. `components` is what older kernels and containers that refuse openat2 get.
enum class Walk { openat2, components };

/// Opens `relative` below the directory `root`, close-on-exec, without following any symbolic link and without leaving
/// `root`; "" is the root itself. An invalid Fd with errno set when that can't be: ELOOP for a symbolic link, EXDEV for
/// a path that would leave. `flags` as open(2), without O_CREAT.
///
/// openat2(2): RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS; where the kernel or a filter refuses that
/// call, one component at a time with O_NOFOLLOW.
Fd open_beneath(int root, const std::string& relative, int flags, Walk walk = Walk::openat2);

/// The path of an open descriptor as the kernel knows it now; empty when it can't tell.
std::string path_of(int fd);

}  // namespace errand::sandbox
