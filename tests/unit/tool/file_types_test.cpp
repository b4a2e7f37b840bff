#include "tool/file_types.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/glob.hpp"

namespace errand::tool {
namespace {

TEST_CASE("file types: every glob expands, and the usual names are taken", "[tool][grep]") {
  for (const auto& type : file_types()) {
    CAPTURE(type.name);
    CHECK(glob::expand_braces(type.globs));
  }
  const auto takes = [](std::string_view type, std::string_view name) {
    const auto patterns = glob::expand_braces(file_type_named(type)->globs);
    return std::ranges::any_of(*patterns, [&](const auto& pattern) { return glob::Pattern(pattern).matches(name); });
  };
  CHECK(takes("make", "Makefile"));
  CHECK(takes("make", "makefile.am"));
  CHECK(takes("cpp", "a.hpp"));
  CHECK(takes("docker", "Dockerfile.dev"));
  CHECK_FALSE(takes("py", "a.pyc"));
  CHECK(file_type_named("nope") == nullptr);
}

}  // namespace
}  // namespace errand::tool
