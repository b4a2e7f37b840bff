#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "support/e2e_case.hpp"

using namespace errand::test::e2e;

namespace {

std::vector<std::string> case_files() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(ERRAND_SOURCE_DIR "/tests/e2e")) {
    if (entry.path().extension() == ".yaml") out.push_back(entry.path().string());
  }
  std::ranges::sort(out);
  return out;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// ERRAND_SHARD=1/2: every second case, so that two processes share the work.
bool is_ours(std::size_t number) {
  const auto shard = variable("ERRAND_SHARD");
  const auto slash = shard.find('/');
  if (slash == std::string::npos) return true;
  return number % std::stoul(shard.substr(slash + 1)) == std::stoul(shard) - 1;
}

// ERRAND_CASE=text: the cases with that text in their file's name or in what they are about.
std::vector<Case> selected_cases() {
  const auto wanted = variable("ERRAND_CASE");
  std::vector<Case> out;
  std::size_t number = 0;
  for (const auto& file : case_files()) {
    for (auto& one : load_cases(file)) {
      const bool named = (one.file + ": " + one.about).find(wanted) != std::string::npos;
      if (is_ours(number++) && named) out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the command line keeps its contract", "[e2e][cases]") {
  static const auto cases = selected_cases();
  for (const auto& one : cases) {
    DYNAMIC_SECTION(one.file << ": " << one.about) {
      for (const auto& failure : run_case(one)) FAIL_CHECK(failure);
      SUCCEED();
    }
  }
}
