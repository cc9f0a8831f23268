import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.spinemets.client.ApiClient;
import org.spinemets.client.ApiException;
import org.spinemets.client.api.AssessmentsApi;
import org.spinemets.client.api.CdsHooksApi;
import org.spinemets.client.api.ScoresApi;
import org.spinemets.client.model.CalculatedScore;
import org.spinemets.client.model.Card;
import org.spinemets.client.model.FhirBundle;
import org.spinemets.client.model.LesionAssessment;
import org.spinemets.client.model.PatientViewRequest;
import org.spinemets.client.model.Problem;
import org.spinemets.client.model.ScoreResult;
import org.spinemets.client.model.SinsAlignment;
import org.spinemets.client.model.SinsAlignmentChoice;
import org.spinemets.client.model.SinsAnswers;
import org.spinemets.client.model.SinsLesion;
import org.spinemets.client.model.SinsLesionChoice;
import org.spinemets.client.model.SinsLesionList;
import org.spinemets.client.model.SinsPain;
import org.spinemets.client.model.SinsPainChoice;
import org.spinemets.client.model.SpinalLevel;
import org.spinemets.client.model.SpinalLevelChoice;

/** Calls a running service with the generated client, and prints what the typed answers hold. */
public final class Caller {
    interface Call {
        CalculatedScore make() throws ApiException;
    }

    static ApiClient client(String address) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(address);
        return client;
    }

    static ScoresApi guarded(String header, String value) {
        ApiClient client = client(System.getenv("GUARDED"));
        client.setRequestInterceptor(request -> request.header(header, value));
        return new ScoresApi(client);
    }

    static String told(CalculatedScore score) {
        return "%s %d to %d, missing: %s".formatted(
                score.getScore(), score.getMinimum(), score.getMaximum(), String.join(", ", score.getMissing()));
    }

    static String refused(Call call) throws Exception {
        try {
            call.make();
        } catch (ApiException error) {
            Problem problem = ApiClient.createDefaultObjectMapper().readValue(error.getResponseBody(), Problem.class);
            var first = problem.getErrors().get(0);
            return "%d %s: %s %s".formatted(
                    problem.getStatus(),
                    problem.getTitle(),
                    first.getPointer().isEmpty() ? "-" : first.getPointer(),
                    first.getCode());
        }
        throw new IllegalStateException("the service took what it should refuse");
    }

    public static void main(String[] arguments) throws Exception {
        ApiClient service = client(System.getenv("SERVICE"));
        ObjectMapper json = service.getObjectMapper();
        ScoresApi scores = new ScoresApi(service);

        SinsLesionList lesions = new SinsLesionList();
        lesions.addAll(List.of(SinsLesion.LYTIC, SinsLesion.MIXED));
        SinsAnswers answers = new SinsAnswers()
                .level(new SpinalLevelChoice(SpinalLevel.T11))
                .pain(new SinsPainChoice(SinsPain.MECHANICAL))
                .lesion(new SinsLesionChoice(lesions))
                .alignment(new SinsAlignmentChoice(SinsAlignment.NORMAL));
        System.out.println(told(scores.calculateSins(answers, null)));

        FhirBundle bundle = json.readValue(System.getenv("BUNDLE"), FhirBundle.class);
        LesionAssessment lesion = new AssessmentsApi(service).assessBundle(bundle, null).getLesions().get(0);
        ScoreResult sins = lesion.getScores().stream()
                .filter(score -> score.getScore().equals("sins"))
                .findFirst()
                .orElseThrow();
        System.out.printf(
                "%s: %d to %d, %s%n",
                lesion.getLevel(), sins.getMinimum(), sins.getMaximum(), String.join(", ", sins.getBands()));

        PatientViewRequest call = json.readValue(System.getenv("PATIENT_VIEW"), PatientViewRequest.class);
        Card card = new CdsHooksApi(service).invokeSpinalMetastasisPatientView(call).getCards().get(0);
        System.out.printf("%s: %s%n", card.getIndicator().getValue(), card.getSummary());

        // What stands for an option of another release, which the types of this one do not have.
        SinsPainChoice unknown = new SinsPainChoice(SinsPain.UNKNOWN_DEFAULT_OPEN_API);
        System.out.println(refused(() -> scores.calculateSins(new SinsAnswers().pain(unknown), null)));

        SinsAnswers little = new SinsAnswers().level(new SpinalLevelChoice(SpinalLevel.T11));
        System.out.println(refused(() -> new ScoresApi(client(System.getenv("GUARDED"))).calculateSins(little, null)));
        System.out.println(told(guarded("X-API-Key", System.getenv("API_KEY")).calculateSins(little, null)));
        String token = "Bearer " + System.getenv("ACCESS_TOKEN");
        System.out.println(told(guarded("Authorization", token).calculateSins(little, null)));

        System.out.println(told(new ScoresApi(client(System.getenv("LATER"))).calculateSins(little, null)));
    }
}
