#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "support/e2e_check.hpp"

namespace errand::test::e2e {

/// A case as written, with one variant's values put in.
struct Case {
  std::string file;
  std::string about;
  Json body;
};

/// All cases of a YAML file: each of its documents, once for each of its `variants`. Throws std::runtime_error with
/// file and line when it can't be read.
std::vector<Case> load_cases(const std::string& path);

/// Plays the case in directories of its own, against a model server of its own. What went wrong, in words; empty when
/// it all fits. A case that is itself malformed throws std::exception.
Failures run_case(const Case& test);

}  // namespace errand::test::e2e
