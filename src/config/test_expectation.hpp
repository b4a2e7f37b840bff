#pragma once

#include <vector>

#include "config/reader.hpp"
#include "config/settings.hpp"
#include "config/test_case.hpp"

// Internal to this room: `expect` of a test case.
namespace errand::config {

void read_expectations(const yaml::Node& node, TestCase& test, Reader& reader);

/// The keys below `expect`, for documentation and checks.
void add_expectation_keys(std::vector<DefinitionKey>& out);

/// Whether a path is one of the workspace; a mistake where it is none: it would let a case read and write anywhere.
bool is_in_workspace(const yaml::Key& path, Reader& reader);

/// A model chain's names, those of files below the case's directory made absolute.
std::string read_model_chain(const yaml::Node& node, Reader& reader);

/// A table as it is documented.
template <class T>
void add_case_keys(std::string_view prefix, std::span<const Key<T>> table, std::vector<DefinitionKey>& out) {
  for (const auto& key : table) {
    out.push_back({std::string(prefix) + std::string(key.name), key.type, key.built_in, key.description});
  }
}

}  // namespace errand::config
