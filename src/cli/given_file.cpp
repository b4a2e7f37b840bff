#include "cli/given_file.hpp"

#include <map>

#include "base/named_file.hpp"
#include "base/sync.hpp"
#include "base/try.hpp"

namespace errand::cli {

Result<std::string> read_given_file(const std::string& path, const Call& call, std::size_t max_bytes) {
  if (!is_stream(path)) return read_file(path, max_bytes);
  static Sync<std::map<std::string, std::string>> read_before;
  return read_before.with([&](auto& contents) -> Result<std::string> {
    if (const auto found = contents.find(path); found != contents.end()) return found->second;
    ERRAND_TRY_ASSIGN(auto content, read_named_file(path, call, max_bytes));
    return contents.emplace(path, std::move(content)).first->second;
  });
}

}  // namespace errand::cli
