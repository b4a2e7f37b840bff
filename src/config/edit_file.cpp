#include "config/edit_file.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/try.hpp"
#include "config/drafts.hpp"

namespace errand::config {

Result<yaml::Node> parse_clean(const std::string& text, const std::string& shown) {
  std::vector<Error> mistakes;
  auto document = yaml::parse(text, shown, mistakes);
  if (!mistakes.empty()) return fail(combined(std::move(mistakes)));
  return std::move(document.root);
}

Result<YamlFile> open_yaml_file(const std::string& path, const Sources& sources) {
  YamlFile out{path, shown_path(path, sources), {}, {}};
  if (!path_exists(path)) return out;
  ERRAND_TRY_ASSIGN(out.path, real_path(path));
  ERRAND_TRY_ASSIGN(out.text, read_file(path, yaml::max_bytes));
  if (::access(out.path.c_str(), W_OK) != 0)
    return fail_errno(ErrorKind::failure, fmt::format("can't write {}", out.shown), errno);
  ERRAND_TRY_ASSIGN(out.root, parse_clean(out.text, out.shown));
  return out;
}

}  // namespace errand::config
