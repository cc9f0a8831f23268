// Calls a running service with the generated client, and prints what the typed answers hold.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"example.org/callers/spinemets"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func client(address string) *spinemets.APIClient {
	configuration := spinemets.NewConfiguration()
	configuration.Servers = spinemets.ServerConfigurations{{URL: os.Getenv(address)}}
	return spinemets.NewAPIClient(configuration)
}

func told(score *spinemets.CalculatedScore) string {
	return fmt.Sprintf("%s %d to %d, missing: %s",
		score.Score, score.GetMinimum(), score.GetMaximum(), strings.Join(score.Missing, ", "))
}

func refused(err error) string {
	var failure *spinemets.GenericOpenAPIError
	if !errors.As(err, &failure) {
		panic("the service took what it should refuse")
	}
	problem := failure.Model().(spinemets.Problem)
	first := problem.Errors[0]
	pointer := first.Pointer
	if pointer == "" {
		pointer = "-"
	}
	return fmt.Sprintf("%d %s: %s %s", problem.Status, problem.Title, pointer, first.Code)
}

func pain(option spinemets.SinsPain) *spinemets.SinsPainChoice {
	return &spinemets.SinsPainChoice{SinsPain: &option}
}

func main() {
	anonymous := context.Background()
	service := client("SERVICE")

	level, alignment := spinemets.SPINALLEVEL_T11, spinemets.SINSALIGNMENT_NORMAL
	lesions := []spinemets.SinsLesion{spinemets.SINSLESION_LYTIC, spinemets.SINSLESION_MIXED}
	score, _, err := service.ScoresAPI.CalculateSins(anonymous).SinsAnswers(spinemets.SinsAnswers{
		Level:     &spinemets.SpinalLevelChoice{SpinalLevel: &level},
		Pain:      pain(spinemets.SINSPAIN_MECHANICAL),
		Lesion:    &spinemets.SinsLesionChoice{ArrayOfSinsLesion: &lesions},
		Alignment: &spinemets.SinsAlignmentChoice{SinsAlignment: &alignment},
	}).Execute()
	must(err)
	fmt.Println(told(score))

	var bundle spinemets.FhirBundle
	must(json.Unmarshal([]byte(os.Getenv("BUNDLE")), &bundle))
	assessment, _, err := service.AssessmentsAPI.AssessBundle(anonymous).FhirBundle(bundle).Execute()
	must(err)
	lesion := assessment.Lesions[0]
	for _, sins := range lesion.Scores {
		if sins.Score == "sins" {
			fmt.Printf("%s: %d to %d, %s\n",
				lesion.GetLevel(), sins.GetMinimum(), sins.GetMaximum(), strings.Join(sins.Bands, ", "))
		}
	}

	var call spinemets.PatientViewRequest
	must(json.Unmarshal([]byte(os.Getenv("PATIENT_VIEW")), &call))
	shown, _, err := service.CDSHooksAPI.InvokeSpinalMetastasisPatientView(anonymous).PatientViewRequest(call).Execute()
	must(err)
	fmt.Printf("%s: %s\n", shown.Cards[0].Indicator, shown.Cards[0].Summary)

	// An option of another release, which the types of this one do not have.
	unknown := spinemets.SinsAnswers{Pain: pain(spinemets.SinsPain("sore"))}
	_, _, err = service.ScoresAPI.CalculateSins(anonymous).SinsAnswers(unknown).Execute()
	fmt.Println(refused(err))

	scores := client("GUARDED").ScoresAPI
	little := spinemets.SinsAnswers{Level: &spinemets.SpinalLevelChoice{SpinalLevel: &level}}
	_, _, err = scores.CalculateSins(anonymous).SinsAnswers(little).Execute()
	fmt.Println(refused(err))
	keys := map[string]spinemets.APIKey{"apiKey": {Key: os.Getenv("API_KEY")}}
	byKey := context.WithValue(anonymous, spinemets.ContextAPIKeys, keys)
	byToken := context.WithValue(anonymous, spinemets.ContextAccessToken, os.Getenv("ACCESS_TOKEN"))
	for _, known := range []context.Context{byKey, byToken} {
		score, _, err = scores.CalculateSins(known).SinsAnswers(little).Execute()
		must(err)
		fmt.Println(told(score))
	}

	score, _, err = client("LATER").ScoresAPI.CalculateSins(anonymous).SinsAnswers(little).Execute()
	must(err)
	fmt.Println(told(score))
}
