#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "config/lookup.hpp"

namespace errand::cli {

namespace {

Json model_json(const chat::ModelSpec& model) {
  Json out = {{"name", model.alias.empty() ? model.full_name() : model.alias},
              {"provider", model.provider},
              {"id", model.id},
              {"context", model.context == 0 ? Json(nullptr) : Json(model.context)},
              {"max_output", model.max_output == 0 ? Json(nullptr) : Json(model.max_output)},
              {"price", nullptr}};
  if (model.price) {
    out["price"] = {{"input", model.price->input},
                    {"output", model.price->output},
                    {"cache_read", model.price->cache_read},
                    {"cache_write", model.price->cache_write}};
  }
  return out;
}

std::string price_text(const std::optional<chat::Price>& price) {
  return price ? fmt::format("{:g}/{:g}", price->input, price->output) : std::string("unknown");
}

class ModelsCommand final : public Command {
 public:
  void declare(Options& options) override { options.flag("--json", json_, "as JSON"); }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY(read_verb("errand models", words, {{"list"}}));
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation, config::Scope::settings));
    const auto models = config::known_models(config);
    if (json_) {
      auto items = Json::array();
      for (const auto& model : models) items.push_back(model_json(model));
      return print_json({{"models", std::move(items)}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& model : models) {
      rows.push_back({model.alias.empty() ? model.full_name() : model.alias, model.full_name(),
                      tokens_text(model.context), tokens_text(model.max_output), price_text(model.price)});
    }
    return print_table({{"name"}, {"model", Width::flexible}, {"context"}, {"output"}, {"$/M in/out"}}, rows);
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_models_command() {
  return std::make_unique<ModelsCommand>();
}

}  // namespace errand::cli
