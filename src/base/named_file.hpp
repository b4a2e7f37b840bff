#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace errand {

// Files that the person named on the command line. They may be pipes and devices, which are waited for. What a model or
// a project names goes through read_file(), which waits for nobody.

/// The whole content of `path`. Of a pipe: from its first writer to the last one's end; `cancelled` or `timeout` as
/// `call` says. Else as read_file().
Result<std::string> read_named_file(const std::string& path, const Call& call, std::size_t max_bytes = max_file_bytes);

/// Whether it is there and can be read but once: a pipe, a socket, a device.
[[nodiscard]] bool is_stream(const std::string& path);

/// Puts `content` where a redirection of the shell would: a link is followed to what it names, also where that is not
/// there yet; a new file has the mode that the umask leaves of `mode`, one that is there keeps its own. A file is
/// replaced at once, as by write_file_atomic(); a pipe or device, and what stands below /proc, is written to, a pipe
/// once it has a reader. Fails with `failure` naming the path, or as `call` says.
Result<void> write_named_file(const std::string& path, std::string_view content, const Call& call, mode_t mode = 0666);

/// Whether write_named_file() has somewhere to write; nothing is left behind. `failure` says why not.
Result<void> check_named_file(const std::string& path);

}  // namespace errand
