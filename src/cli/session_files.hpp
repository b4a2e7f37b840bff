#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "store/upkeep.hpp"

namespace errand::cli {

/// The directory beside an archived session that has these files, by name and size: `<session>.files`, or a later copy
/// `<session>.N.files`, in `directory`. Empty: none has them all. No link is followed.
std::string archived_files(const std::string& directory, const std::string& session,
                           const std::vector<store::Upkeep::KeptFile>& files);

/// Copies them from there into a session's directory, each whole or not at all, and durably; what is there already
/// stays. They may be anybody's: names that lead out of the directory, links, what is no regular file and what has
/// another size than was said are refused with `failure`, and so is more than 64 GiB in all.
Result<void> bring_files(const std::string& from, const std::string& to,
                         const std::vector<store::Upkeep::KeptFile>& files);

}  // namespace errand::cli
